"""Courses and what a learner does with them: authoring, approval, catalogue, enrolment, access, progress.

Owns courses, revisions, categories, enrolments, invitations, progress and approval cases. Never prices
or orders, never encoding or media signing, never comments: those belong to their own services.
"""
