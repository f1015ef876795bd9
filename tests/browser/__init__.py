# SPDX-License-Identifier: MIT
"""The page in a browser: what `make page-test` serves to it. The tests are TypeScript, in `page/browser`."""
