# SPDX-License-Identifier: MIT
"""What runs a tournament unattended: a season's plan, what is due by it, and the service that does it."""
