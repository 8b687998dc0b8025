"""Every query of identity; the rows are those of `tables`, plain values once read."""
