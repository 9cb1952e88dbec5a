"""What the benchmark gets of the data: pictures, digests that tell, folders in three layouts, refusals."""

import hashlib
import re

import numpy as np
import pytest
import torch
from PIL import Image

from data import collection
from data.drawn import zoo
from data.nets import networks, pretrained
from data.pictures import digits, folders, photographs
from data.training import finetuned, pairs
from data.training.fitting import FRESH
from xai_core.benchmark import collection as protocol


def test_the_protocol_is_kept():
    every = {*protocol.OF_UNI, *protocol.OF_GAD, *protocol.OF_PHOTOGRAPHS, *protocol.OF_NORMLIME}
    assert protocol.load("data.collection", sorted(every)) is collection
    with pytest.raises(ValueError, match=r"collection must be a module that can be imported; got 'no\.such'"):
        protocol.load("no.such", ())
    with pytest.raises(
        ValueError, match=r"collection 'data\.zoo' must have network, .* for these tables; it lacks network, weights"
    ):
        protocol.load("data.zoo", protocol.OF_UNI)


def test_scenes_are_those_of_the_fresh_stream_and_a_longer_source_begins_with_the_same():
    X, labels, animals, parts = zoo.batch(3, FRESH)
    listed = list(collection.pictures("zoo", "zoo:3"))
    assert [each.name for each in listed] == ["00000", "00001", "00002"]
    assert [each.label for each in listed] == labels.tolist()
    for i in range(3):
        found = collection.picture("zoo_vgg", "zoo:50", f"{i:05d}")
        assert torch.equal(found.image, X[i]) and found.label == labels[i]
        assert torch.equal(found.masks["animal"], animals[i]) and torch.equal(found.masks["part"], parts[i])
        assert found.digest == listed[i].digest
    assert list(collection.pictures("zoo", "zoo:2")) == listed[:2]
    assert len({each.digest for each in listed}) == 3
    beaks = zoo.birds(2, FRESH)
    assert torch.equal(collection.picture("birds", "birds:2", "00001").image, beaks[0][1])


def test_snow_says_nothing_of_huskies_and_wolves():
    shown = [collection.picture("husky_wolf", "husky_wolf:8", f"{i:05d}") for i in range(8)]
    assert set(shown[0].masks) == {"animal"}
    names = zoo.batch_labels(8, FRESH, zoo.HUSKY_WOLF)
    snow = [zoo.draw_husky_wolf(n, zoo.scene_seed(FRESH, i), snow=i // 2 % 2 == 1) for i, n in enumerate(names)]
    assert all(torch.equal(a.image, b.image) for a, b in zip(shown, snow, strict=True))
    kinds = [(scene.name, bool(scene.snow.any())) for scene in snow]
    assert sorted(kinds) == sorted(2 * [(n, s) for n in ("husky", "wolf") for s in (False, True)])


def test_digits_are_those_held_out():
    split = digits.train_test(seed=0)
    found = collection.picture("digits", "digits:5", "00004")
    assert torch.equal(found.image, split.test_images[4]) and found.label == split.test_labels[4]
    assert len(list(collection.pictures("digits", "digits:9999"))) == 599  # there are no more


def test_networks_and_their_digests(monkeypatch):
    assert collection.weights("zoo") == networks.card("zoo")["sha256"]
    shipped = [name for name in collection.networks_here() if name in networks.SHIPPED]
    assert shipped == list(networks.SHIPPED)
    assert (
        collection.title("vit_b_16") == "ViT-B/16" and collection.title("resnet18-untrained") == "ResNet-18, untrained"
    )
    assert collection.own_source("birds_vgg", 7) == "birds:7" and collection.own_source("resnet18", 7) == "bundled:7"
    asked = []
    monkeypatch.setattr(pretrained, "load", lambda name, weights: asked.append((name, weights)))
    collection.network("squeezenet1_1-untrained"), collection.network("swin_t")
    assert asked == [("squeezenet1_1", False), ("swin_t", True)]
    for ask in (collection.weights, collection.network):
        with pytest.raises(ValueError, match="network is 'zoo-untrained'; it must be one of zoo, zoo_vgg, "):
            ask("zoo-untrained")


# --- photographs ------------------------------------------------------------------------------------------------------


def save(path, grey: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((40, 40, 3), grey, np.uint8)).save(path)


def names(source: str) -> dict[str, int | None]:
    return {each.name: each.label for each in collection.pictures("squeezenet1_1", source)}


def test_a_flat_folder(tmp_path):
    for k in range(5):
        save(tmp_path / f"{k}.png", 50 * k)
    (tmp_path / "notes.txt").write_text("no picture")
    assert names(str(tmp_path)) == {f"{k}.png": None for k in range(5)}
    by_digest = sorted((f"{k}.png" for k in range(5)), key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    assert [list(names(f"{tmp_path}:{n}")) for n in (2, 3)] == [by_digest[:2], by_digest[:3]]
    found = collection.picture("squeezenet1_1", str(tmp_path), "4.png")
    assert found.image.shape == (3, 224, 224) and torch.equal(found.image, torch.full((3, 224, 224), 200 / 255))
    before = {each.name: each.digest for each in collection.pictures("squeezenet1_1", str(tmp_path))}
    other = {each.name: each.digest for each in collection.pictures("swin_t", str(tmp_path))}
    assert all(before[name] != other[name] for name in before)  # cut for another network: another picture
    save(tmp_path / "4.png", 7)
    after = {each.name: each.digest for each in collection.pictures("squeezenet1_1", str(tmp_path))}
    assert [name for name in before if before[name] != after[name]] == ["4.png"]
    assert collection.picture("squeezenet1_1", str(tmp_path), "4.png").digest == after["4.png"]


@pytest.mark.parametrize("said", ["7", "cock"])
def test_a_column_called_label_has_numbers_or_names(tmp_path, said):
    save(tmp_path / "b.jpg", 2)
    (tmp_path / "labels.csv").write_text(f"file,label\nb.jpg,{said}\n", encoding="utf-8")
    assert names(str(tmp_path)) == {"b.jpg": 7}


def test_a_folder_with_labels(tmp_path):
    save(tmp_path / "a.jpg", 1), save(tmp_path / "b.jpg", 2)
    (tmp_path / "labels.csv").write_text("index,file,name\n7,b.jpg,cock\n", encoding="utf-8")
    assert names(str(tmp_path)) == {"a.jpg": None, "b.jpg": 7}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_labels_as_a_spreadsheet_saves_them(tmp_path, encoding, separator):
    """A mark at the start, semicolons or tabs, Windows's lines, letters and slashes, empty lines at the end."""
    save(tmp_path / "Bär.jpg", 1), save(tmp_path / "in" / "b.jpg", 2)
    lines = ["file;index;name", "Bär.jpg;294;brown bear", "in\\b.jpg; 7;cock", ";;", ";;"]
    text = "\r\n".join(line.replace(";", separator) for line in lines)
    (tmp_path / "labels.csv").write_bytes(text.encode(encoding))
    assert names(str(tmp_path)) == {"Bär.jpg": 294, "in/b.jpg": 7}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("number,file\n7,a.jpg\n", "must have the columns file and index, .*; it has number, file$"),
        ("", "must have the columns file and index, .* or file and class, its name, or file and label; it has none$"),
        ("file,index\na.jpg,1000\n", ".* a file and a class from 0 to 999 in each line; 'a.jpg' has '1000'$"),
        ("file,index\na.jpg,7\nb.jpg,-1\n", ".* a file and a class in each line; line 3 has 'b.jpg' and '-1'$"),
        ("file,class\na.jpg,\n", ".* a file and a class in each line; line 2 has 'a.jpg' and ''$"),
        ("file,index\na.jpg,cock\n", ".* in each line; line 2 has 'a.jpg' and 'cock'$"),
        ("file,index\na.jpg\n", ".* in each line; line 2 has 'a.jpg' and ''$"),
        ("file,index\n,7\n", ".* in each line; line 2 has '' and '7'$"),
        ("file,index\na.jpg,7\na.jpg,8\n", "gives 'a.jpg' two classes$"),
        ("file,index\nc.jpg,7\n", "must name photographs of it, and names none$"),
    ],
)
def test_labels_that_are_none(tmp_path, text, said):
    save(tmp_path / "a.jpg", 1)
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"^images is '.*'; its labels\.csv {said}"):
        names(str(tmp_path))


LEFT = ["._a.jpg", ".hidden.png", ".ipynb_checkpoints/a-checkpoint.jpg", "__MACOSX/a.jpg", "@eaDir/a.jpg/thumb.jpg"]


def test_what_systems_leave_beside_pictures(tmp_path):
    """No photographs, no classes; the same in a folder of photographs and in one of classes."""
    for name in ("a.jpg", *LEFT):
        save(tmp_path / "flat" / name, 1)
    assert names(str(tmp_path / "flat")) == {"a.jpg": None}
    for name in ("tabby/a.jpg", "tiger_cat/b.jpg", *(f"tabby/{left}" for left in LEFT), *LEFT):
        save(tmp_path / "classes" / name, 1)
    assert names(str(tmp_path / "classes")) == {"tabby/a.jpg": 281, "tiger_cat/b.jpg": 282}
    photos = finetuned.folder(tmp_path / "classes", "squeezenet1_1")
    assert photos.classes == ("tabby", "tiger_cat") and photos.labels.tolist() == [0, 1]


def test_a_photograph_that_is_none_is_named(tmp_path):
    save(tmp_path / "a" / "good.jpg", 1), save(tmp_path / "b" / "good.jpg", 1)
    bad, damaged = tmp_path / "b" / "bad.jpg", rf"source='{re.escape(str(tmp_path))}.*bad\.jpg' is damaged"
    bad.write_bytes((tmp_path / "a" / "good.jpg").read_bytes()[:-300])
    with pytest.raises(photographs.PhotographError, match=f"^{damaged}"):
        collection.picture("squeezenet1_1", str(tmp_path), "b/bad.jpg")
    with pytest.warns(UserWarning, match=f"^left out: {damaged}"):
        assert finetuned.folder(tmp_path, "squeezenet1_1").labels.tolist() == [0, 1]
    bad.write_bytes(b"GIF89a" + bytes(50))  # its header tells already
    with pytest.warns(UserWarning, match=r"^left out: .*/b/bad\.jpg is a GIF file; allowed are PNG, JPEG and WebP"):
        assert set(names(str(tmp_path))) == {"a/good.jpg", "b/good.jpg"}


def test_classes_by_their_names_in_labels(tmp_path):
    """For a network of ImageNet and for GAD's pair of classes; only the first two are read."""
    for name, grey in (("1.png", 10), ("2.png", 20), ("3.png", 30)):
        save(tmp_path / name, grey)
    lines = "file,class\n1.png,tiger cat\n2.png,Tabby\n3.png,zzz\n"
    (tmp_path / "labels.csv").write_text(lines, encoding="utf-8")
    assert names(str(tmp_path)) == {"1.png": 282, "2.png": 281, "3.png": None}
    assert folders.words(str(tmp_path)) == {"1.png": "tiger cat", "2.png": "Tabby", "3.png": "zzz"}
    photos = finetuned.folder(tmp_path, "squeezenet1_1", classes=2)
    assert photos.classes == ("Tabby", "tiger cat")
    assert (photos.images.float().mean((1, 2, 3)) - torch.tensor([20.0, 10.0])).abs().max() < 1
    assert pairs.apart_in(str(tmp_path), "squeezenet1_1", 2)[0] == ("Tabby", "tiger cat", "zzz")


def test_a_folder_a_class_by_its_english_name(tmp_path):
    (
        save(tmp_path / "Tabby" / "a.png", 1),
        save(tmp_path / "tiger_cat" / "b.png", 2),
        save(tmp_path / "pets" / "c.png", 3),
    )
    assert names(str(tmp_path)) == {"Tabby/a.png": 281, "tiger_cat/b.png": 282, "pets/c.png": None}


def test_imagenets_root(tmp_path):
    """The folder val; the class is the wnid's place among all thousand, known from meta.bin or from 1000 folders."""
    save(tmp_path / "val" / "n00000005" / "a.JPEG", 1), save(tmp_path / "train" / "n00000003" / "b.JPEG", 2)
    assert names(str(tmp_path)) == {"val/n00000005/a.JPEG": None}
    for cached in (folders.files, folders.labels):
        cached.cache_clear()
    torch.save(({f"n{k:08d}": (f"name {k}",) for k in range(1, 1001)}, []), tmp_path / "meta.bin")
    assert names(str(tmp_path)) == {"val/n00000005/a.JPEG": 4}
    every = {f"n{k:08d}" for k in range(1000)}
    imagenet = pretrained.class_names("resnet18")
    assert folders._classes(tmp_path / "val", every, imagenet) == {f"n{k:08d}": k for k in range(1000)}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("sheep", "images is 'sheep'; it must be a number, one of zoo:N, .*, or a folder of photographs"),
        ("zoo", "images is 'zoo'; how many. zoo:20, for example"),
        ("zoo:0", "images is 'zoo:0'; the number must be 1 or more"),
        (
            "zoo:3",
            "images is 'zoo:3', which network 'squeezenet1_1' does not understand; it takes bundled:N or a folder",
        ),
    ],
)
def test_sources_that_are_none(source, said):
    with pytest.raises(ValueError, match=said):
        list(collection.pictures("squeezenet1_1", source))


def test_a_folder_without_pictures(tmp_path):
    with pytest.raises(ValueError, match=r"it must hold photographs .*, and there is none in it"):
        list(collection.pictures("squeezenet1_1", str(tmp_path)))
    with pytest.raises(ValueError, match="which network 'zoo' does not understand; it takes zoo:N"):
        list(collection.pictures("zoo", str(tmp_path)))
