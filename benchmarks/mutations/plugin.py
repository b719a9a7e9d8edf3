"""pytest plugin ``-p benchmarks.mutations.plugin``: breaks what the variable ``NCPEH_MUTATION`` names."""

import os

from benchmarks.mutations.table import named, put_in_place

if os.environ.get("NCPEH_MUTATION"):
    put_in_place(named(os.environ["NCPEH_MUTATION"]))
