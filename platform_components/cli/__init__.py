"""`pave`, the command line of a platform repository."""
