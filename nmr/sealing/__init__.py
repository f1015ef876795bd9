# SPDX-License-Identifier: MIT
"""Sealed submissions: predictions that nobody can copy before the lock or change after it, and scores that anyone
entitled can recompute.

    keys         the key pair of a round, and how auditors get it
    columns      columns of CSV and Parquet files from anywhere
    parquet      what a Parquet file unpacks to, known before it is unpacked
    tables       files of predictions, universes and targets
    predictions  what a submission has to be
    envelope     the canonical form of a submission, and its encryption
    store        files by the hash of their content
    documents    what the operator publishes by hash: opening list and evidence
    facts        what a chain says about a round's submissions
    opening      which submissions of a round count
    scoring      CORR, MMC and the meta model, as numerai-tools has them
    scores       CORR and MMC of a round from its opening
    publishing   what an operator does with a round's submissions
    verify       all of it once more, as an auditor
"""
