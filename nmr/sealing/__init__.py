# SPDX-License-Identifier: MIT
"""Sealed submissions: predictions that nobody can copy before the lock or change after it, and scores that anyone
entitled can recompute.

    keys         the key pair of a round, and how auditors get it
    tables       files of predictions, universes and targets
    predictions  what a submission has to be
    envelope     the canonical form of a submission, and its encryption
    store        files by the hash of their content
    documents    what the operator publishes by hash: opening list and evidence
    opening      which submissions of a round count
    scores       CORR and MMC of a round from its opening
    verify       all of it once more, as an auditor
"""
