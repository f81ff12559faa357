"""The health question as a careful team writes it today: a yardstick of `cargo xtask bench`.

One process on uvloop. A hit costs one pipelined round trip and sends the stored bytes as they are. Identical questions
at the same time are computed once in this process. Without Redis the origin answers.

REDIS_URL, ORIGIN_URL and PORT are its settings.
"""

import asyncio
import hashlib
import os
import unicodedata
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import orjson
import redis.asyncio as redis
import uvicorn
from fastapi import FastAPI, Request, Response
from pydantic import AfterValidator, BaseModel, Field, ValidationError
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

PATH = "/api/v1/analyze-health"
FRESH_FOR_SECONDS = 3600
REDIS_TIMEOUT_SECONDS = 0.25
REDIS_CONNECTIONS = 64
REQUESTS, HITS = "py:usage:requests", "py:usage:hits"
CLEAR_BATCH = 1000


def normal(text: str) -> str:
    """One form, lower case, and one blank between words."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def normal_set(texts: list[str]) -> list[str]:
    return sorted({normal(text) for text in texts})


Item = Annotated[str, Field(max_length=256)]
Items = Annotated[list[Item], Field(max_length=64), AfterValidator(normal_set)]


class Question(BaseModel):
    """A health question; its texts are in their normal form once it is there."""

    concern: Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(normal)]
    symptoms: Annotated[str, Field(min_length=1, max_length=8000), AfterValidator(normal)]
    patient_age: Annotated[int, Field(ge=0, le=150)] | None = None
    patient_gender: Annotated[str, Field(max_length=64), AfterValidator(normal)] | None = None
    medical_history: Items = []
    current_medications: Items = []


class Clear(BaseModel):
    pattern: str


class Service:
    """The store, the origin, and what is being computed."""

    def __init__(self) -> None:
        pool = redis.BlockingConnectionPool.from_url(
            os.environ["REDIS_URL"],
            max_connections=REDIS_CONNECTIONS,
            timeout=1,
            socket_timeout=REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
            retry=Retry(ExponentialBackoff(base=0.008, cap=0.064), 1),
        )
        self.redis = redis.Redis(connection_pool=pool)
        self.origin = httpx.AsyncClient(base_url=os.environ["ORIGIN_URL"], timeout=10)
        self.flights: dict[str, asyncio.Future[bytes]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.hits = 0

    async def answer(self, question: Question) -> tuple[bytes, str]:
        body = orjson.dumps(question.model_dump(), option=orjson.OPT_SORT_KEYS)
        key = f"py:health_analysis:{hashlib.sha256(body).hexdigest()}"
        cached = await self.look_up(key)
        if cached is not None:
            return cached, "HIT"
        flight = self.flights.get(key)
        if flight is not None:
            return await asyncio.shield(flight), "COALESCED"
        flight = asyncio.get_running_loop().create_future()
        self.flights[key] = flight
        task = asyncio.create_task(self.compute(key, body, flight))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return await asyncio.shield(flight), "MISS"

    async def look_up(self, key: str) -> bytes | None:
        try:
            async with self.redis.pipeline(transaction=False) as trip:
                cached, _ = await trip.get(key).incr(REQUESTS).execute()
        except RedisError:
            return None
        # Only known after the trip: counted here and flushed each second, so that a hit stays one trip.
        self.hits += cached is not None
        return cached

    async def compute(self, key: str, body: bytes, flight: asyncio.Future[bytes]) -> None:
        try:
            answer = await self.origin.post(PATH, content=body, headers={"content-type": "application/json"})
            answer.raise_for_status()
            flight.set_result(answer.content)
            # Who asks until the answer is stored still joins this flight.
            await self.redis.set(key, answer.content, ex=FRESH_FOR_SECONDS)
        except RedisError:
            pass
        except Exception as error:
            flight.set_exception(error)
        finally:
            self.flights.pop(key, None)

    async def clear(self, pattern: str) -> int:
        cleared, batch = 0, []
        async for key in self.redis.scan_iter(match=pattern, count=CLEAR_BATCH):
            batch.append(key)
            if len(batch) >= CLEAR_BATCH:
                cleared += await self.redis.unlink(*batch)
                batch.clear()
        return cleared + (await self.redis.unlink(*batch) if batch else 0)

    async def flush_hits(self) -> None:
        while True:
            await asyncio.sleep(1)
            hits, self.hits = self.hits, 0
            try:
                await self.redis.incrby(HITS, hits)
            except RedisError:
                self.hits += hits


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.service = Service()
    flushing = asyncio.create_task(app.state.service.flush_hits())
    yield
    flushing.cancel()


app = FastAPI(lifespan=lifespan)


def json_response(body: bytes, status: int = 200, cache: str | None = None) -> Response:
    headers = {"x-cache": cache} if cache else None
    return Response(body, status, headers, media_type="application/json")


@app.post(PATH)
async def analyze_health(request: Request) -> Response:
    # Parsed by pydantic from the bytes: FastAPI would parse the JSON first and validate what came of it.
    try:
        question = Question.model_validate_json(await request.body())
    except ValidationError as error:
        return json_response(orjson.dumps({"detail": error.errors(include_input=False, include_url=False)}), 422)
    try:
        answer, cache = await request.app.state.service.answer(question)
    except httpx.HTTPError:
        return json_response(b'{"detail":"the origin failed"}', 502)
    return json_response(answer, cache=cache)


@app.post("/api/v1/redis/cache/clear-pattern")
async def clear_pattern(clear: Clear, request: Request) -> dict[str, int]:
    return {"cleared": await request.app.state.service.clear(clear.pattern)}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), loop="uvloop", http="httptools", access_log=False)
