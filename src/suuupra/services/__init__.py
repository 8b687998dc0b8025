"""The services of the house: a folder each, the same file names in each, met only through `api`."""
