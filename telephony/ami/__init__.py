"""AMI client: bytes framed and checked, and the connection that carries them."""
