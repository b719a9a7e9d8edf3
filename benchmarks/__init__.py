"""What things cost: each figure beside something outside the project, measured in the same run.

``python -m benchmarks`` runs every part; ``python -m benchmarks retrieve`` runs one; ``--write`` puts the
tables into ``docs/performance.md``. Absolute figures belong to the machine; the ratios are what counts.
"""
