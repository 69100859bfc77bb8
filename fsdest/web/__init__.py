"""The door for the browser. Each view translates in, makes one call, translates out."""
