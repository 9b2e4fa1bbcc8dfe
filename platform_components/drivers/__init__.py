"""Drivers: from a matched resource to components. `inputs` says what each takes and is free of Pulumi."""
