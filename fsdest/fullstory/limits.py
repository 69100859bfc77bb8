"""Names, sizes and counts that FullStory sets, each with its source."""

import re

# https://developer.fullstory.com/server/users/create-batch-user-import-job, and the same of events:
BATCH_RECORDS = 50_000  # in one call
BATCHES_RUNNING = 100  # import jobs at work for an organization; more of them wait
BATCHES_IN_PROGRESS = 200  # running and waiting ones; then 429
OPERATIONS_OUTSTANDING = 500_000  # records in import jobs that have not ended; then 429

# https://developer.fullstory.com/server/users/create-user/, in characters:
UID_LENGTH = 256
DISPLAY_NAME_LENGTH = 256
EMAIL_LENGTH = 128

# https://developer.fullstory.com/server/v2/custom-properties
PROPERTY_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")  # each part of a dotted path
PROPERTY_PATH_LENGTH = 512  # characters of a whole dotted path
PROPERTY_VALUE_BYTES = 8_192
PROPERTIES = 500  # of one user or event
PROPERTY_TYPES = ("bool", "bools", "date", "dates", "int", "ints", "real", "reals", "str", "strs")

# No page gives a limit in bytes, so this one is our own: 50,000 usual records stay below it.
BATCH_BYTES = 16 * 2**20
