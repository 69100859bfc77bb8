"""From records to requests: the one renderer of preview, test and delivery. Pure."""
