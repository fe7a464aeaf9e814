"""An import that takes more memory than the function has, and would end by itself some time later."""

import os
import time

kept = bytearray(150 * 1024 * 1024)
time.sleep(3)
os._exit(3)
