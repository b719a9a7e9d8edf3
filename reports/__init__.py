"""Report writers and their templates. They know plain values only and import nothing else of this project."""
