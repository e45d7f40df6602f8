"""The floor of the benches: bare Flask on the server of the product, one INSERT and one commit a post."""

import os
import sys

from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Column, Identity, Integer, MetaData, Table, Text, insert

from callcenter.db import make_engine
from scripts.processes.serve import serve

_rows = Table("bench_floor", MetaData(), Column("id", Integer, Identity(), primary_key=True), Column("text", Text))


def make() -> Flask:
    app = Flask(__name__)
    engine = make_engine(os.environ["BENCH_DATABASE"])
    _rows.create(engine, checkfirst=True)

    @app.post("/")
    def create() -> ResponseReturnValue:
        with engine.begin() as connection:
            statement = insert(_rows).values(text=request.get_json()["description"]).returning(_rows.c.id)
            return {"id": connection.scalar(statement)}, 201

    return app


if __name__ == "__main__":
    serve(make, f"127.0.0.1:{sys.argv[1]}", "FLOOR")
