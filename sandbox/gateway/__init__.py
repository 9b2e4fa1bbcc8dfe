"""What serves the routes where pods run: Traefik with the Gateway API, and the wildcard certificates of the sandbox."""
