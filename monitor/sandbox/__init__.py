"""A pretend town: loopback servers that imitate the platforms and Slack, for demo and tests."""
