"""The portal: records, permissions, API and pages over the engines (Django)."""
