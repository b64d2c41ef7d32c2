"""Publishing: the return files themselves, the last check on them, and the manifest that seals them."""
