"""`python -m suuupra`: the same as the command `suuupra`."""

from suuupra.cli import main

raise SystemExit(main())
