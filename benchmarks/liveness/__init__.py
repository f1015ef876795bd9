# SPDX-License-Identifier: MIT
"""What becomes of compounding stakes when people are late, silent or hostile, played on the reference."""
