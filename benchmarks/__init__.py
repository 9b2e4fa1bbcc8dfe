"""How fast this is: scripts that print, not tests."""
