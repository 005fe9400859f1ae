"""Device output in every form that a factory hands over, as chunks of devices."""
