"""fsdest delivers records to FullStory and accounts for each.

Start reading at fsdest.delivery.run.
"""
