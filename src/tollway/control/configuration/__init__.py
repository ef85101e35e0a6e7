"""Configuration as one YAML document."""
