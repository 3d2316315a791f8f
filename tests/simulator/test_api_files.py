"""Attachments of runs and images of prompts."""

from __future__ import annotations

import base64
import hashlib

import httpx
import pytest

from tests.simulator.conftest import Own

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def attach(own: Own, **more: object) -> dict[str, object]:
    """Store a small file with a run."""
    run_id = own.get("/v1/runs", limit=1, fields="error")["items"][0]["id"]
    content = base64.b64encode(b"a,b\n1,2\n").decode()
    body = {"run_id": run_id, "filename": "table.csv", "content": content, "content_type": "text/csv"}
    return own.post("/v1/run-attachments", {**body, "attachment_type": "output", **more})


def test_a_file_comes_back_byte_by_byte(own: Own) -> None:
    """What is stored can be listed, downloaded with the key, and by a signed link without it."""
    content = bytes(range(256)) * 50
    stored = attach(own, content=base64.b64encode(content).decode(), content_type="application/x-thing")
    assert (stored["size_bytes"], "content" in stored) == (len(content), False)
    listed = own.get("/v1/run-attachments", run_id=stored["run_id"], attachment_type="output")["items"]
    assert stored in listed
    path = f"/v1/run-attachments/{stored['id']}"
    download = own.http.get(f"{path}/download")
    link = own.get(f"{path}/download-url")
    by_link = httpx.get(link["url"])
    assert link["expires_in"] == 300
    assert {hashlib.sha256(one.content).hexdigest() for one in (download, by_link)} == {
        hashlib.sha256(content).hexdigest()
    }
    assert download.headers["content-type"] == "application/x-thing"
    assert httpx.get(link["url"].replace("signature=", "signature=0")).status_code == 403


@pytest.mark.parametrize("kind", ["input", "output"])
def test_a_run_names_its_files(own: Own, kind: str) -> None:
    """A stored file stands in its run's list of that direction until it is deleted."""
    run_id = own.get("/v1/runs", status="success", limit=1, fields="error")["items"][0]["id"]
    before = own.get(f"/v1/runs/{run_id}")
    stored = attach(own, run_id=run_id, attachment_type=kind)
    key = f"{kind}_attachment_ids"
    assert own.get(f"/v1/runs/{run_id}")[key] == [*(before[key] or []), stored["id"]]
    assert own.http.delete(f"/v1/run-attachments/{stored['id']}").status_code == 204
    assert own.get(f"/v1/runs/{run_id}") == before


def test_a_hostile_name_or_type_stays_inside_its_header(own: Own) -> None:
    """A file is served as a download whatever its name and type say, and never as a page."""
    stored = attach(own, filename='../a"\r\nX-Evil: 1\u00e9.html', content_type="text/html\r\nX-Evil: 1")
    answer = own.http.get(f"/v1/run-attachments/{stored['id']}/download")
    assert answer.status_code == 200
    assert "x-evil" not in answer.headers
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-type"] == "application/octet-stream"


def test_only_the_expiry_of_a_file_changes(own: Own) -> None:
    """PUT changes `expires_at` and nothing else; after that time the file is gone, its row is not."""
    stored = attach(own)
    path = f"/v1/run-attachments/{stored['id']}"
    soon = (own.sim.clock.now().replace(microsecond=0)).isoformat()
    changed = own.http.put(path, json={"expires_at": soon, "filename": "other.csv"}).json()
    assert {key for key in stored if stored[key] != changed[key]} == {"expires_at"}
    own.sim.clock.advance(2)
    assert own.http.get(f"{path}/download").status_code == 404
    assert own.get(path)["filename"] == "table.csv"
    assert own.http.put(path, json={"expires_at": None}).json()["expires_at"] is None
    assert own.http.get(f"{path}/download").status_code == 200
    assert own.http.delete(path).status_code == 204
    assert own.http.get(path).status_code == 404


def test_content_must_be_base64_of_a_known_run(own: Own) -> None:
    """Content that is no base64 is a 422; an unknown run is a 404."""
    run_id = own.get("/v1/runs", limit=1, fields="error")["items"][0]["id"]
    body = {"filename": "a", "content_type": "text/plain", "attachment_type": "input", "content": "YQ=="}
    assert own.http.post("/v1/run-attachments", json={**body, "run_id": run_id, "content": "%"}).status_code == 422
    nobody = "00000000-0000-4000-8000-000000000000"
    assert own.http.post("/v1/run-attachments", json={**body, "run_id": nobody}).status_code == 404


def test_prompt_images_are_kept_and_signed(own: Own) -> None:
    """An uploaded image has a stable reference, a link that serves it and a place in the list, until it is deleted."""
    answer = own.http.post("/v1/workflows/prompt-image", files={"file": ("shot.png", PNG, "image/png")})
    assert answer.status_code == 201
    stored = answer.json()
    assert stored["supabase_url"].startswith("supabase://workflow-prompt-images/org_")
    assert httpx.get(stored["signed_url"]).content == PNG
    [listed] = [one for one in own.get("/v1/workflows/prompt-images") if one["filename"] == "shot.png"]
    assert (listed["supabase_url"], listed["size_bytes"]) == (stored["supabase_url"], len(PNG))
    again = own.get("/v1/workflows/prompt-image/signed-url", path=listed["path"])
    assert httpx.get(again["signed_url"]).content == PNG
    assert own.http.delete("/v1/workflows/prompt-image", params={"path": listed["path"]}).status_code == 204
    assert listed not in own.get("/v1/workflows/prompt-images")
    assert httpx.get(again["signed_url"]).status_code == 404


def test_a_copied_workflow_has_its_own_prompt_images(own: Own) -> None:
    """Duplicating a workflow copies the images of its prompt; the copy's prompt shows those, not the original's."""
    stored = own.http.post("/v1/workflows/prompt-image", files={"file": ("shot.png", PNG, "image/png")}).json()
    gone = stored["supabase_url"].replace(".png", "x.png")
    prompt = f'Find <img src="{stored["supabase_url"]}"> beside <img src="{gone}">.'
    workflow = own.post("/v1/workflows", {"main_prompt": prompt})
    copy = own.post(f"/v1/workflows/{workflow['id']}/duplicate")
    assert copy["main_prompt"].count("supabase://") == 2
    assert stored["supabase_url"] not in copy["main_prompt"]
    assert gone in copy["main_prompt"], "a reference that leads nowhere stays as it is"
    copied = copy["main_prompt"].split('"')[1]
    assert httpx.get(own.get("/v1/workflows/prompt-image/signed-url", path=copied)["signed_url"]).content == PNG
    assert own.http.delete("/v1/workflows/prompt-image", params={"path": stored["supabase_url"]}).status_code == 204
    assert httpx.get(own.get("/v1/workflows/prompt-image/signed-url", path=copied)["signed_url"]).content == PNG


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"\xff\xd8\xff\xe0", 201),
        (b"GIF89a", 201),
        (b"RIFF\n\0\0\0WEBPVP8 ", 201),
        (b"RIFF\n\0\0\0WAVEfmt ", 400),
        (b"GIF81a", 400),
        (b"", 400),
    ],
)
def test_the_four_kinds_of_prompt_images_are_told_apart(own: Own, content: bytes, status: int) -> None:
    """JPEG, GIF and WebP are taken beside PNG; a sound file that begins like a WebP is not."""
    answer = own.http.post("/v1/workflows/prompt-image", files={"file": ("a.bin", content)})
    assert answer.status_code == status


def test_only_pictures_up_to_ten_megabytes_are_prompt_images(own: Own) -> None:
    """The first bytes decide what a file is, not its name; more than 10 MB is refused."""
    wrong = own.http.post("/v1/workflows/prompt-image", files={"file": ("a.png", b"<svg/>", "image/png")})
    large = own.http.post("/v1/workflows/prompt-image", files={"file": ("a.png", PNG + b"\0" * 10_485_760)})
    assert (wrong.status_code, large.status_code) == (400, 413)
