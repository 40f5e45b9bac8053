"""The peer of the storefront: the same products, logins and orders on FastAPI and SQLAlchemy's asyncio ORM.

Written as their documentation teaches: pydantic models, a session per request, ORM objects, argon2id, PyJWT. It does
what the shop does: guesses are locked out by account and by address, over all processes, before a password is looked
at; a sign-in opens a session, of whose refresh token only the digest is kept.
"""

import asyncio
import datetime
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pwdlib import PasswordHash
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import JSON, DateTime, ForeignKey, Index, Numeric, delete, event, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

CENT = Decimal("0.01")
KEY = secrets.token_urlsafe(32)


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012
        Decimal: Numeric(12, 2),
        datetime.datetime: DateTime(timezone=True),
        dict[str, Any]: JSON,
        list[str]: JSON,
    }


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    last_login: Mapped[datetime.datetime | None]


class Attempt(Base):
    __tablename__ = "attempts"
    __table_args__ = (Index("idx_subject_at", "subject", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str]
    at: Mapped[datetime.datetime] = mapped_column(default=now)


class SignIn(Base):
    __tablename__ = "sign_ins"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    expires_at: Mapped[datetime.datetime] = mapped_column(index=True)
    tokens: Mapped[list["RefreshToken"]] = relationship(lazy="raise")


class RefreshToken(Base):
    __tablename__ = "refresh_tokens"
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    sign_in_id: Mapped[str] = mapped_column(ForeignKey("sign_ins.id"), index=True)


class Product(Base):
    __tablename__ = "products"
    __table_args__ = (Index("idx_active_featured", "is_active", "featured", "created_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    description: Mapped[str]
    sku: Mapped[str] = mapped_column(unique=True)
    price: Mapped[Decimal] = mapped_column(index=True)
    cost: Mapped[Decimal | None]
    category_id: Mapped[int] = mapped_column(index=True)
    stock_quantity: Mapped[int] = mapped_column(default=0)
    weight: Mapped[float | None]
    dimensions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tags: Mapped[list[str]] = mapped_column(default=list)
    images: Mapped[list[str]] = mapped_column(default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    featured: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime.datetime] = mapped_column(default=now)


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    order_number: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(default="pending", index=True)
    subtotal: Mapped[Decimal]
    tax_amount: Mapped[Decimal]
    shipping_amount: Mapped[Decimal]
    total: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(default="USD")
    payment_method: Mapped[str]
    payment_status: Mapped[str] = mapped_column(default="pending")
    shipping_address: Mapped[dict[str, Any]]
    created_at: Mapped[datetime.datetime] = mapped_column(default=now)
    items: Mapped[list["OrderItem"]] = relationship(lazy="raise")


class OrderItem(Base):
    __tablename__ = "order_items"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    quantity: Mapped[int]
    unit_price: Mapped[Decimal]
    total_price: Mapped[Decimal]
    product_snapshot: Mapped[dict[str, Any]]


class Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ProductRead(Read):
    id: int
    name: str
    description: str
    sku: str
    price: float
    category_id: int
    stock_quantity: int
    weight: float | None
    dimensions: dict[str, float]
    attributes: dict[str, Any]
    tags: list[str]
    images: list[str]
    is_active: bool
    featured: bool
    created_at: datetime.datetime


class OrderItemRead(Read):
    product_id: int
    quantity: int
    unit_price: float
    total_price: float
    product_snapshot: dict[str, Any]


class OrderRead(Read):
    id: int
    user_id: int
    order_number: str
    status: str
    subtotal: float
    tax_amount: float
    shipping_amount: float
    total: float
    currency: str
    payment_status: str
    created_at: datetime.datetime
    items: list[OrderItemRead]


class Item(BaseModel):
    product_id: int
    quantity: Annotated[int, Field(gt=0)]


class OrderCreate(BaseModel):
    items: Annotated[list[Item], Field(min_length=1)]
    shipping_address: dict[str, str]
    payment_method: str


class Tokens(BaseModel):
    access_token: str
    refresh_token: str
    token_type: str = "bearer"


engine = create_async_engine(os.environ["SHOP_DATABASE"])
sessions = async_sessionmaker(engine, expire_on_commit=False)
passwords = PasswordHash.recommended()

if engine.dialect.name == "sqlite":

    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection: Any, _: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with sessions.begin() as session:
        buyers, password = int(os.environ.get("SHOP_BUYERS", "1")), passwords.hash("correct horse")
        emails = [f"buyer{number}@example.com" for number in range(buyers)]
        session.add_all(User(email=email, password_hash=password) for email in emails)
        count = int(os.environ.get("SHOP_PRODUCTS", "1000"))
        session.add_all(_product(number) for number in range(1, count + 1))
    yield
    await engine.dispose()


def _product(number: int) -> Product:
    return Product(
        name=f"Product {number}",
        description=f"What product {number} is good for",
        sku=f"SKU-{number:06}",
        price=Decimal(number % 500) + Decimal("0.99"),
        category_id=number % 20 + 1,
        stock_quantity=1_000_000,
        dimensions={"length": 1.0, "width": 2.0},
        attributes={"colour": "blue"},
        tags=["one", "two"],
        featured=number % 10 == 0,
    )


async def session_of_request() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(session_of_request)]


async def user_of_request(
    session: Session, credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]
) -> User:
    try:
        claims = jwt.decode(credentials.credentials, KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Invalid token") from None
    user = await session.get(User, int(claims["sub"]))
    if user is None:
        raise HTTPException(401, "Invalid token")
    return user


app = FastAPI(lifespan=lifespan)


@app.get("/products", response_model=list[ProductRead])
async def products(
    session: Session,
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    category_id: int | None = None,
) -> Any:
    query = select(Product).where(Product.is_active).order_by(Product.featured.desc(), Product.created_at.desc())
    if category_id is not None:
        query = query.where(Product.category_id == category_id)
    return (await session.scalars(query.offset(skip).limit(limit))).all()


@app.post("/auth/login")
async def login(session: Session, request: Request, email: str, password: str) -> Tokens:
    account, address = email.lower(), request.client.host if request.client else ""
    attempts = [await attempt(session, account, 5), await attempt(session, address, 50)]
    await session.commit()
    user = await session.scalar(select(User).where(User.email == account))
    if user is None or not await asyncio.to_thread(passwords.verify, password, user.password_hash):
        raise HTTPException(401, "Invalid credentials")
    for made in attempts:
        await session.delete(made)
    await session.execute(delete(Attempt).where(Attempt.subject == account))
    user.last_login = now()
    token = secrets.token_urlsafe(32)
    refresh = RefreshToken(digest=hashlib.sha256(token.encode()).digest())
    expires_at = now() + datetime.timedelta(days=30)
    signed_in = SignIn(id=secrets.token_hex(12), user_id=user.id, expires_at=expires_at, tokens=[refresh])
    session.add(signed_in)
    await session.commit()
    claims = {"sub": str(user.id), "sid": signed_in.id, "exp": now() + datetime.timedelta(minutes=30)}
    return Tokens(access_token=jwt.encode(claims, KEY, "HS256"), refresh_token=token)


async def attempt(session: AsyncSession, subject: str, limit: int) -> Attempt:
    if engine.dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(subject))))
    since = now() - datetime.timedelta(minutes=15)
    counted = select(func.count()).select_from(Attempt).where(Attempt.subject == subject, Attempt.at > since)
    if (await session.scalar(counted) or 0) >= limit:
        raise HTTPException(429, "Too many failed attempts")
    made = Attempt(subject=subject)
    session.add(made)
    return made


@app.post("/orders", response_model=OrderRead)
async def order(draft: OrderCreate, session: Session, user: Annotated[User, Depends(user_of_request)]) -> Any:
    ids = sorted({item.product_id for item in draft.items})
    query = select(Product).where(Product.id.in_(ids)).order_by(Product.id).with_for_update()
    found = {product.id: product for product in await session.scalars(query)}
    items = [_item(found, item) for item in draft.items]
    subtotal = sum((item.total_price for item in items), Decimal(0))
    tax = (subtotal * Decimal("0.08")).quantize(CENT, ROUND_HALF_UP)
    shipping = Decimal("9.99") if subtotal < 50 else Decimal(0)
    made = Order(
        user_id=user.id,
        order_number=f"ORD-{secrets.token_hex(4).upper()}",
        subtotal=subtotal,
        tax_amount=tax,
        shipping_amount=shipping,
        total=subtotal + tax + shipping,
        payment_method=draft.payment_method,
        shipping_address=draft.shipping_address,
        items=items,
    )
    session.add(made)
    await session.commit()
    return made


def _item(found: dict[int, Product], item: Item) -> OrderItem:
    product = found.get(item.product_id)
    if product is None:
        raise HTTPException(404, f"Product {item.product_id} not found")
    if product.stock_quantity < item.quantity:
        raise HTTPException(409, f"Insufficient stock for {product.name}")
    product.stock_quantity -= item.quantity
    return OrderItem(
        product_id=product.id,
        quantity=item.quantity,
        unit_price=product.price,
        total_price=product.price * item.quantity,
        product_snapshot={"name": product.name, "sku": product.sku, "price": float(product.price)},
    )
