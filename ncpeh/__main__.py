"""``python -m ncpeh`` is the command ``ncpeh``."""

from ncpeh.cli import main

raise SystemExit(main())
