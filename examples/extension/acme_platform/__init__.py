"""What the ACME platform team adds to platform-components."""
