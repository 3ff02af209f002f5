"""What all builders of data sets share: the folder while it grows, its report, blocks of work over workers."""
