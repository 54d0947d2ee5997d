"""One file per platform: it speaks the platform's words inside and ours outside."""
