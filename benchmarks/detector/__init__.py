"""Does a detector that is trained with few pictures find more when composites are added?"""
