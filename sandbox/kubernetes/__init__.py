"""A stand-in for the official Kubernetes provider plugin: the engine starts it, and it talks to a real API server."""
