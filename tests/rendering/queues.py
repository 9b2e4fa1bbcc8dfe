"""A component of a platform team's own."""

import pulumi


class Queue(pulumi.ComponentResource):
    """Makes whatever it likes."""
