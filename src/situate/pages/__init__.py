"""HTML pages with tables and charts, for people; whoever makes them brings the figures."""
