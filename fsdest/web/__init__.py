"""The door for the browser: views, forms and urls. Each view translates in, makes one call, translates out."""
