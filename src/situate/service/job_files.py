"""The names of a job's files, which the service and the job's process agree on."""

JOB_FILE, RESULT_FILE = "job.json", "result.zip"
