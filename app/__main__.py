"""`python -m app` is `segformer-studio`."""

import sys

from app.cli.main import main

sys.exit(main())
