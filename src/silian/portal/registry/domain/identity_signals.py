"""What is told to whoever listens when it changes who is who."""

from django.dispatch import Signal

#: Sent inside the transaction that makes the change, with ``record_ids``: the records that joined
#: a subject, left it, or go by another one now.
identities_changed = Signal()
