"""The wire: AMI's bytes, framed and checked, and the connection they come by."""
