"""Environments' lives: stacks made, updated, listed and removed over Pulumi's Automation API."""
