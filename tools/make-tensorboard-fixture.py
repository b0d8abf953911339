"""Writes test/fixtures/tensorboard/events.out.tfevents.fixture with TensorBoard's own record writer and messages.

python tools/make-tensorboard-fixture.py (needs tensorboard)
"""

from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
from tensorboard.summary.writer.record_writer import RecordWriter

value = Summary.Value
image = Summary.Image(height=2, width=3, colorspace=3, encoded_image_string=bytes(range(200)))
histogram = HistogramProto(
    min=-1, max=2, num=4, sum=1.5, sum_squares=6.25, bucket_limit=[0, 1, 2], bucket=[2, 1, 1]
)
events = [
    Event(wall_time=1700000000.25, file_version="brain.Event:2"),
    Event(wall_time=1700000001, step=7, session_log=SessionLog(status=SessionLog.START)),
    Event(
        wall_time=1700000002,
        step=7,
        summary=Summary(
            value=[value(tag="step/loss", simple_value=0.1), value(tag="größe", simple_value=float("nan"))]
        ),
    ),
    Event(wall_time=1700000003, step=2**33, summary=Summary(value=[value(tag="pictures", image=image)])),
    Event(wall_time=1700000004, step=300, summary=Summary(value=[value(tag="weights", histo=histogram)])),
]
path = Path(__file__).parent.parent / "test" / "fixtures" / "tensorboard" / "events.out.tfevents.fixture"
path.parent.mkdir(exist_ok=True)
with open(path, "wb") as file:
    writer = RecordWriter(file)
    for event in events:
        writer.write(event.SerializeToString())
    writer.close()
