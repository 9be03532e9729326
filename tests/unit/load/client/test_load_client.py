import gevent

import socket
import ssl
import threading
import time

import pytest

from busyhour.errors import BusyhourError
from busyhour.load.client.credentials import FixedCredentials
from busyhour.load.client.load_client import Client
from busyhour.load.client.sigv4 import Prepared
from busyhour.load.error_classes import Class
from busyhour.load.event_loop import GeventClock


def client(url, **options):
    made = Client(url, GeventClock(), FixedCredentials(), **{"timeout": 2.0, **options})
    made.open()
    return made


def put(host, path="/contact/outbound-voice", service="connect"):
    return Prepared("PUT", host, path, {"content-type": "application/json"}, "us-east-1", service)


def run(made, requests, seconds=3.0):
    """Send all requests at second 0 and return their answers when all are there."""
    answers = []

    def done(answer):
        answers.append(answer)
        if len(answers) == len(requests):
            made.clock.stop()

    def begin():
        made.watch()
        for prepared, body in requests:
            made.send(prepared, body, done)

    made.clock.call_at(0.0, begin)
    made.clock.call_at(seconds, made.clock.stop)
    with gevent.Timeout(15):
        made.clock.run()
    return answers


@pytest.fixture
def raw_server():
    """A server that plays a script of bytes: for each request on a connection the next answer, then closes."""
    servers = []

    def serve(*answers, delay=0.0, context=None):
        listening = socket.create_server(("127.0.0.1", 0))
        servers.append(listening)

        def talk(connection):
            try:
                if context is not None:
                    connection = context.wrap_socket(connection, server_side=True)
                with connection:
                    for answer in answers:
                        data = b""
                        while b"\r\n\r\n" not in data:
                            piece = connection.recv(65536)
                            if not piece:
                                return
                            data += piece
                        time.sleep(delay)
                        for part in answer if isinstance(answer, list) else [answer]:
                            connection.sendall(part)
                            time.sleep(0.01)
            except OSError:
                pass

        def accept():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return f"{'https' if context else 'http'}://localhost:{listening.getsockname()[1]}"

    yield serve
    for listening in servers:
        listening.close()


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


def test_an_answer_has_body_status_and_times_in_order(fake_aws):
    made = client(fake_aws.url)
    (answer,) = run(made, [(put(made.host), b"{}")])
    assert answer.ok
    assert (answer.status, answer.code) == (200, "")
    assert answer.body == b'{"ContactId": "contact-0"}'
    assert 0 <= answer.sent_at <= answer.finished_at


def test_requests_are_signed_and_whole(fake_aws):
    made = client(fake_aws.url)
    run(made, [(put(made.host), b'{"a":1}')])
    method, path, headers, body = fake_aws.requests[0]
    assert (method, path, body) == ("PUT", "/contact/outbound-voice", b'{"a":1}')
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=emulator/")


def test_a_connection_is_used_again(fake_aws):
    made, left = client(fake_aws.url), [5]

    def retry(answer):
        left[0] -= 1
        made.clock.stop() if not left[0] else made.send(put(made.host), b"{}", retry)

    made.clock.call_at(0.0, lambda: made.send(put(made.host), b"{}", retry))
    with gevent.Timeout(5):
        made.clock.run()
    assert len(fake_aws.requests) == 5
    assert made.connections == 1


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind", "code"),
    [
        (
            429,
            {"x-amzn-ErrorType": "TooManyRequestsException"},
            b"{}",
            Class.RATE_THROTTLE,
            "TooManyRequestsException",
        ),
        (429, {"x-amzn-ErrorType": "LimitExceededException:"}, b"{}", Class.LIMIT, "LimitExceededException"),
        (
            429,
            {"x-amzn-ErrorType": "TooManyRequestsException"},
            b'{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded"}',
            Class.LIMIT,
            "TooManyRequestsException",
        ),
        (
            400,
            {},
            b'{"__type":"com.amazon.coral#ThrottlingException"}',
            Class.RATE_THROTTLE,
            "ThrottlingException",
        ),
        (
            403,
            {"x-amzn-ErrorType": "DestinationNotAllowedException"},
            b"",
            Class.CLIENT_ERROR,
            "DestinationNotAllowedException",
        ),
        (503, {}, b"<html>", Class.SERVER_ERROR, "HTTP 503"),
    ],
)
def test_failed_answers_are_classified(fake_aws, status, headers, body, kind, code):
    fake_aws.answers["/contact/"] = (status, headers, body)
    made = client(fake_aws.url)
    (answer,) = run(made, [(put(made.host), b"{}")])
    assert (answer.kind, answer.status, answer.code) == (kind, status, code)


def test_nothing_is_tried_again_behind_our_back(fake_aws):
    fake_aws.answers["/contact/"] = (503, {}, b"")
    made = client(fake_aws.url)
    run(made, [(put(made.host), b"{}")])
    assert len(fake_aws.requests) == 1


def test_lambdas_function_error_is_read(fake_aws):
    fake_aws.answers["/2015"] = (200, {"X-Amz-Function-Error": "Unhandled"}, b'{"errorMessage":"boom"}')
    made = client(fake_aws.url)
    (answer,) = run(made, [(put(made.host, "/2015-03-31/functions/f/invocations", "lambda"), b"{}")])
    assert answer.kind is Class.FUNCTION_ERROR
    assert answer.function_error == "Unhandled"


def test_no_answer_in_time_is_a_timeout_and_its_connection_is_not_used_again(fake_aws):
    fake_aws.delay = 1.0
    made = client(fake_aws.url, timeout=0.2)
    (answer,) = run(made, [(put(made.host), b"{}")])
    assert (answer.kind, answer.code) == (Class.TIMEOUT, "no response within 0.2 s")
    assert 0.2 <= answer.finished_at < 0.8
    assert made.connections == 0


def test_nobody_listening_is_a_connection_error():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    made = client(f"http://127.0.0.1:{port}")
    (answer,) = run(made, [(put(made.host), b"{}")])
    assert (answer.kind, answer.code, answer.sent_at) == (Class.CONNECTION, "Connection refused", None)


def test_beyond_the_limit_of_connections_a_request_fails_at_once(fake_aws):
    fake_aws.delay = 0.3
    made = client(fake_aws.url, max_connections=2)
    answers = run(made, [(put(made.host), b"{}")] * 3)
    assert sorted(answer.code for answer in answers) == ["", "", "ConnectionLimit"]


@pytest.mark.parametrize(
    ("answer", "kind", "body"),
    [
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            Class.OK,
            b"abcde",
        ),
        ([b"HTTP/1.1 200 OK\r\ncontent-le", b"ngth: 4\r\n\r\nab", b"cd"], Class.OK, b"abcd"),
        (b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}", Class.OK, b"{}"),
        (b"hello, this is no HTTP\r\n\r\n", Class.CONNECTION, b""),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", Class.CONNECTION, b""),
    ],
)
def test_answers_of_every_shape(raw_server, answer, kind, body):
    made = client(raw_server(answer))
    (got,) = run(made, [(put(made.host), b"{}")])
    assert (got.kind, got.body) == (kind, body)


def test_a_server_that_closes_after_its_answer_costs_no_failure(raw_server):
    made, answers = client(raw_server(OK)), []

    def next_one(answer):
        answers.append(answer)
        if len(answers) == 3:
            made.clock.stop()
        else:
            made.clock.call_later(0.1, lambda: made.send(put(made.host), b"{}", next_one))

    made.clock.call_at(0.0, lambda: made.send(put(made.host), b"{}", next_one))
    with gevent.Timeout(10):
        made.clock.run()
    assert [answer.kind for answer in answers] == [Class.OK] * 3


def test_closing_the_client_ends_what_is_on_the_way(fake_aws):
    fake_aws.delay = 1.0
    made = client(fake_aws.url)
    made.clock.call_at(0.1, made.close)
    (answer,) = run(made, [(put(made.host), b"{}")])
    assert (answer.kind, answer.code) == (Class.CONNECTION, "closed")


def test_a_blocking_call_works_before_the_clock_runs(fake_aws):
    made = client(fake_aws.url)
    assert made.call(put(made.host), b"{}").ok


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://x", "http://"])
def test_an_endpoint_that_is_no_url_is_refused(url):
    with pytest.raises(BusyhourError, match="is not a URL"):
        Client(url, GeventClock(), FixedCredentials())


def test_a_name_that_does_not_exist_is_said():
    with pytest.raises(BusyhourError, match="cannot be resolved"):
        client("http://no-such-host.invalid")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_tls_with_a_certificate_that_is_trusted(raw_server, certificate):
    big = b"x" * 300_000
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(big), big)
    url = raw_server(answer, OK, context=tls(certificate))
    made = client(url, context=ssl.create_default_context(cafile=str(certificate)))
    (first,) = run(made, [(put(made.host), b"{}")])
    assert (first.kind, len(first.body)) == (Class.OK, len(big))


def test_tls_with_a_certificate_that_nobody_vouches_for(raw_server, certificate):
    made = client(raw_server(OK, context=tls(certificate)))
    (answer,) = run(made, [(put(made.host), b"{}")])
    assert answer.kind is Class.CONNECTION
    assert "certificate not accepted" in answer.code


def test_tls_with_a_certificate_for_another_name(raw_server, certificate):
    url = raw_server(OK, context=tls(certificate)).replace("localhost", "127.0.0.1")
    made = client(url, context=ssl.create_default_context(cafile=str(certificate)))
    (answer,) = run(made, [(put(made.host), b"{}")])
    assert "certificate not accepted" in answer.code


@pytest.mark.parametrize("parts", [1, 2])
def test_an_errors_code_is_found_in_the_headers_however_they_arrive(raw_server, parts):
    answer = b"HTTP/1.1 400 Bad\r\nX-Amzn-ErrorType:  FooException \r\ncontent-length: 2\r\n\r\n{}"
    pieces = [answer] if parts == 1 else [answer[:30], answer[30:]]
    made = client(raw_server(pieces))
    (got,) = run(made, [(put(made.host), b"{}")])
    assert (got.kind, got.code, got.body) == (Class.CLIENT_ERROR, "FooException", b"{}")


def test_what_a_body_says_is_no_header(raw_server):
    body = b"\r\nx-amz-function-error: Unhandled\r\n\r\n"
    made = client(raw_server(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)))
    (got,) = run(made, [(put(made.host, service="lambda"), b"{}")])
    assert (got.kind, got.function_error, got.body) == (Class.OK, "", body)
