"""One module per command: ``add_arguments(parser)`` and ``run(options) -> exit code``.

Heavy imports stand inside ``run``, so that help is instant.
"""
