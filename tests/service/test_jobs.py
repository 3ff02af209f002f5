"""Jobs: a data set is made larger beside the service, in a process that can be cancelled."""

import json
import os
import signal
import zipfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from tests.service.conftest import ON_PROCESSOR
from tests.service.pictures import FOREGROUND
from tests.service.running import running, until
from tests.service.zips import CUTOUTS, DATASET, NAMES, annotations, dataset_files, packed

from situate.client import Job
from situate.service.settings import ServiceSettings
from situate.service.unpack import MAX_FILES

OPTIONS = '{"min_score": 0, "seed": 3}'
UNKNOWN = "0" * 24


@pytest.fixture(scope="module")
def service():
    """A service that takes two jobs at once."""
    with running(ServiceSettings(runtime=ON_PROCESSOR, max_jobs=2, max_unpacked_bytes=2_000_000)) as one:
        yield one


def submitted(service, dataset=DATASET, cutouts=CUTOUTS, options=OPTIONS):
    files = [("dataset", ("d.zip", dataset))] + [("cutouts", ("c.zip", cutouts))] * (cutouts is not None)
    return service.http.post("/v1/jobs/augment", files=files, data={"options": options})


def begun(service, **about):
    answer = submitted(service, **about)
    assert answer.status_code == 202, answer.text
    job = Job.model_validate_json(answer.content)
    assert answer.headers["location"] == f"/v1/jobs/{job.id}"
    assert (job.state, job.num_done) == ("waiting", 0)
    return job.id


def read(service, job_id):
    answer = service.http.get(f"/v1/jobs/{job_id}")
    assert answer.status_code == 200
    return Job.model_validate_json(answer.content)


def ended(service, job_id):
    """Wait for the end of a job; return all that was seen of it."""
    seen = [read(service, job_id)]

    def has_ended():
        seen.append(read(service, job_id))
        return seen[-1].state in ("done", "failed")

    until(has_ended)
    return seen


def folder_of(service, job_id):
    return service.service.jobs._jobs[job_id].folder


def processes_of(folder):
    """Numbers of the processes that were started with a folder."""
    numbers = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            numbers += [int(path.parent.name)] * (str(folder).encode() in path.read_bytes())
    return numbers


def leaves_nothing(service):
    """Whether there are no other files than those of jobs that are known."""
    jobs = service.service.jobs
    return jobs._root is None or set(jobs._root.iterdir()) == {job.folder for job in jobs._jobs.values()}


def refused(answer, status):
    assert answer.status_code == status, answer.text
    return answer.json()["error"]["message"]


def test_a_data_set_comes_back_larger_with_its_own_names(service):
    job_id = begun(service)
    assert refused(service.http.get(f"/v1/jobs/{job_id}/result"), 422).startswith("the job is ")
    seen = ended(service, job_id)
    assert seen[-1] == Job(id=job_id, state="done", num_done=3, num_all=3)
    progress = [job.num_done for job in seen]
    assert progress == sorted(progress)
    answer = service.http.get(f"/v1/jobs/{job_id}/result")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        content, members = json.loads(archive.read("annotations.json")), set(archive.namelist())
    names = [image["file_name"] for image in content["images"]]
    assert names[:3] == list(NAMES)
    assert len(names) == 6
    assert {f"images/{name}" for name in names} <= members
    before = annotations()["annotations"]
    old = {image["id"] for image in annotations()["images"]}
    kept = [one for one in content["annotations"] if one["image_id"] in old]
    assert [one["bbox"] for one in kept] == [one["bbox"] for one in before]
    assert len(content["annotations"]) == 2 * len(before) + 3
    assert service.http.delete(f"/v1/jobs/{job_id}").status_code == 204
    assert refused(service.http.get(f"/v1/jobs/{job_id}/result"), 404)


def test_cancelling_ends_the_process_and_removes_the_files(service):
    job_id = begun(service)
    folder = folder_of(service, job_id)
    until(lambda: processes_of(folder))
    assert (folder / "images").is_dir()
    assert service.http.delete(f"/v1/jobs/{job_id}").status_code == 204
    until(lambda: not processes_of(folder))
    assert not folder.exists()
    assert "no such job" in refused(service.http.get(f"/v1/jobs/{job_id}"), 404)


def test_too_many_jobs_are_told_to_come_back(service):
    first, second = begun(service), begun(service)
    answer = submitted(service)
    refused(answer, 429)
    assert int(answer.headers["retry-after"]) >= 1
    assert read(service, second).state == "waiting", "one runs at a time"
    for job_id in (second, first):
        assert service.http.delete(f"/v1/jobs/{job_id}").status_code == 204
    assert service.service.jobs._jobs == {}


def test_a_data_set_that_cannot_be_made_larger_is_a_failed_job_that_says_why(service):
    content = annotations() | {"annotations": [{"id": 1, "image_id": 99, "category_id": 4, "bbox": [1, 2, 3, 4]}]}
    broken = packed({**dataset_files(), "set/labels.json": json.dumps(content)})
    job_id = begun(service, dataset=broken)
    folder = folder_of(service, job_id)
    job = ended(service, job_id)[-1]
    assert job.state == "failed"
    assert "99" in job.message
    assert str(folder.parent) not in job.message
    assert "/" not in job.message.replace("left/", "")
    assert refused(service.http.get(f"/v1/jobs/{job_id}/result"), 422).startswith("the job is failed")


def test_a_process_that_is_killed_is_a_failed_job(service):
    job_id = begun(service)
    folder = folder_of(service, job_id)
    until(lambda: processes_of(folder))
    for number in processes_of(folder):
        os.kill(number, signal.SIGKILL)
    job = ended(service, job_id)[-1]
    assert (job.state, job.message) == ("failed", "something went wrong here; it is in the log of the service")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("path", ["", "/result"])
def test_an_unknown_job_is_not_found(service, method, path):
    if (method, path) == ("DELETE", "/result"):
        assert refused(service.http.delete(f"/v1/jobs/{UNKNOWN}/result"), 405)
    else:
        assert "no such job" in refused(service.http.request(method, f"/v1/jobs/{UNKNOWN}{path}"), 404)


@pytest.mark.parametrize("job_id", ["x", "..%2f..%2fetc", "0" * 23, "G" * 24])
def test_what_is_no_number_of_a_job_is_refused(service, job_id):
    assert service.http.get(f"/v1/jobs/{job_id}").status_code in (404, 422)


@pytest.mark.parametrize(
    ("about", "status", "reason"),
    [
        ({"dataset": b"no zip"}, 415, "dataset is no zip file"),
        ({"cutouts": b""}, 415, "cutouts is no zip file"),
        ({"dataset": DATASET[:-5]}, 422, "damaged zip file"),
        ({"options": '{"per_image": 0}'}, 422, "per_image"),
        ({"options": '{"objects": [2, 1]}'}, 422, "objects"),
        ({"options": '{"min_size": "tall"}'}, 422, "min_size"),
        ({"dataset": packed({**dataset_files(), "zeros.png": bytes(9), "x/y.json": "{}"})}, 422, "2 .json files"),
        ({"cutouts": packed({"cone/zeros.png": bytes(3_000_000)})}, 422, "more than 2 MB"),
        ({"dataset": packed({str(number): b"" for number in range(MAX_FILES + 1)})}, 422, "are the limit"),
    ],
)
def test_a_job_that_cannot_be_done_is_refused_at_once(service, about, status, reason):
    assert reason in refused(submitted(service, **about), status)
    until(lambda: leaves_nothing(service))


def test_results_are_forgotten_after_a_while_and_all_at_the_end():
    with running(ServiceSettings(runtime=ON_PROCESSOR, job_kept_s=0.01)) as service:
        first = begun(service, dataset=packed({"a.json": '{"images": [{"file_name": "a.png"}]}', "a.png": FOREGROUND}))
        until(lambda: service.http.get(f"/v1/jobs/{first}").status_code == 404)
        second = begun(service)
        root = folder_of(service, second).parent
    assert not root.exists()
    assert not processes_of(root)
