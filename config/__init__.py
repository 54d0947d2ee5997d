"""What an operator may change, read from TOML and the environment, with every mistake named."""
