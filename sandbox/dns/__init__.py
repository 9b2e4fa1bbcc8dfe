"""The sandbox's authoritative DNS server: it answers from the zones the Azure stand-in keeps."""
