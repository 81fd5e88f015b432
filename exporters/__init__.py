"""What Prometheus sees of the city."""
