"""One process that composes for others: an HTTP API and a page, both over the same worker.

`app` puts it together; `worker` owns the model, `routes_*` answer requests, `guard` keeps limits.
"""
