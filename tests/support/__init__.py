"""What the whole-program tests share: the command as a process, an S3 server, trees, and the incumbent."""
