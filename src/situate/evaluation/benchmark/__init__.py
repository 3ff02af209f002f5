"""The benchmark on rendered scenes: methods judged by the oracle, and by renders of what they propose."""
